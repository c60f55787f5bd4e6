using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>The bytes of an initialiser while it is read, and the positions in it that contain addresses.</summary>
internal sealed class InitialiserImage
{
    private readonly List<byte> _bytes = [];
    private readonly List<(PtxRelocation Place, int MaskedByte)> _places = [];

    public ulong Length => (ulong)_bytes.Count;

    public IReadOnlyList<PtxRelocation> Relocations { get; private set; } = [];

    public void Write(int offset, ReadOnlySpan<byte> value)
    {
        int known = _bytes.Count;
        if (known < offset + value.Length)
        {
            CollectionsMarshal.SetCount(_bytes, offset + value.Length);
            CollectionsMarshal.AsSpan(_bytes)[known..].Clear();
        }

        value.CopyTo(CollectionsMarshal.AsSpan(_bytes)[offset..]);
    }

    /// <summary>
    /// Adds a position that contains an address, or only one byte of it, the one before <paramref name="maskedByte"/> (0: the whole
    /// address).
    /// </summary>
    public void Add(PtxRelocation place, int maskedByte) => _places.Add((place, maskedByte));

    /// <summary>
    /// Combines eight bytes that contain an address one by one, <c>0xFF(x), 0xFF00(x), …</c>, to one position of eight bytes.
    /// </summary>
    public void MergeMaskedBytes(int line)
    {
        List<PtxRelocation> merged = [];
        for (int i = 0; i < _places.Count; i++)
        {
            (PtxRelocation first, int maskedByte) = _places[i];
            if (maskedByte == 0)
            {
                merged.Add(first);
                continue;
            }

            for (int k = 0; k < 8; k++)
            {
                if (i + k >= _places.Count || _places[i + k] != (first with { ByteOffset = first.ByteOffset + k }, k + 1))
                    throw new PtxException(line,
                        $"the address of '{first.Symbol}' is given by some of its bytes, expected all eight in order: "
                        + $"0xFF({first.Symbol}), 0xFF00({first.Symbol}), …");
            }

            merged.Add(first with { ByteSize = 8 });
            i += 7;
        }

        Relocations = merged;
    }

    public byte[] ToArray() => [.. _bytes];
}
