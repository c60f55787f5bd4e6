using System.Globalization;
using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// The depth of retraining: the head, the top K blocks and the head, or everything (exact retraining). Written <c>head</c>, <c>block:K</c>,
/// <c>all</c>.
/// </summary>
public readonly record struct Depth
{
    private const string HeadName = "head", AllName = "all", BlockPrefix = "block:";

    private readonly int _blocks; // retrained beside the head; -1 for all layers

    private Depth(int blocks) => _blocks = blocks;

    /// <summary>The linear head on the penultimate features.</summary>
    public static Depth Head => new(0);

    /// <summary>Every layer.</summary>
    public static Depth All => new(-1);

    /// <summary>The top <paramref name="count"/> blocks and the head.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is below one.</exception>
    public static Depth Blocks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new Depth(count);
    }

    /// <summary>Reads a depth's text.</summary>
    /// <exception cref="FormatException">It has none of the three forms.</exception>
    public static Depth Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text switch
        {
            HeadName => Head,
            AllName => All,
            _ when text.StartsWith(BlockPrefix, StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(BlockPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                    && count >= 1 => Blocks(count),
            _ => throw new FormatException($"Depth '{text}': expected {HeadName}, {BlockPrefix}K (K = 1, 2, …) or {AllName}."),
        };
    }

    /// <summary>The number of blocks beside the head; null for all layers.</summary>
    public int? BlockCount => _blocks < 0 ? null : _blocks;

    /// <summary>The first layer that is retrained; 0 when nothing below it learns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The network has fewer blocks.</exception>
    public int FirstLayer(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        int first = _blocks < 0 ? 0 : network.BlockStart(_blocks);
        return network.Layers.Take(first).Any(layer => layer.ParameterCount > 0) ? first : 0;
    }

    public override string ToString()
        => _blocks switch { < 0 => AllName, 0 => HeadName, _ => string.Create(CultureInfo.InvariantCulture, $"{BlockPrefix}{_blocks}") };
}
