using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>
/// A device's tables of <see cref="DistancePieces"/>, created once for every network and kind, so that no step uploads any.
/// </summary>
/// <param name="device">The device that holds the tables.</param>
/// <param name="longest">The most parameters of a piece.</param>
public sealed class DistancePieceTables(Device device, int longest)
{
    private readonly List<DistancePieces> _known = [];

    /// <summary>The pieces of a network's <paramref name="length"/> parameters for a kind of distance.</summary>
    public DistancePieces Get(GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, int length)
    {
        if (_known.Find(pieces => pieces.IsFor(kind, blocks, length)) is DistancePieces found)
            return found;
        var made = new DistancePieces(device, longest, kind, blocks, length);
        _known.Add(made);
        return made;
    }
}
