using System.Buffers.Binary;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// The CRC-32 of PNG and zip (ISO 3309, reflected polynomial 0xEDB88320), eight bytes at a time with eight tables of 256 entries (Kounavis
/// and Berry, "Novel table lookup-based algorithms for high-performance CRC generation", 2008).
/// </summary>
internal struct Crc32
{
    private const int Slices = 8;

    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The checksum of the bytes so far.</summary>
    public uint Value { get; private set; }

    /// <summary>The checksum of all <paramref name="first"/> followed by all of <paramref name="second"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        var crc = new Crc32();
        crc.Append(first);
        crc.Append(second);
        return crc.Value;
    }

    /// <summary>Adds further bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~Value;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes), high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Tables[7][(byte)low] ^ Tables[6][(byte)(low >> 8)] ^ Tables[5][(byte)(low >> 16)] ^ Tables[4][low >> 24]
                ^ Tables[3][(byte)high] ^ Tables[2][(byte)(high >> 8)] ^ Tables[1][(byte)(high >> 16)] ^ Tables[0][high >> 24];
        }

        foreach (byte b in bytes)
            crc = Tables[0][(byte)(crc ^ b)] ^ (crc >> 8);
        Value = ~crc;
    }

    /// <summary>Table k: the effect of a byte that is followed by k zero bytes.</summary>
    private static uint[][] MakeTables()
    {
        var tables = new uint[Slices][];
        for (int k = 0; k < Slices; k++)
        {
            tables[k] = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint c = k == 0 ? i : tables[k - 1][i];
                for (int bit = 0; bit < 8; bit++)
                    c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
                tables[k][i] = c;
            }
        }

        return tables;
    }
}
