namespace DdmNative.Compute.Tests.Reference;

/// <summary>Philox4x32-10 as Salmon et al. (SC 2011) define it, for any counter and key, with 64-bit products written out.</summary>
internal static class ReferencePhilox
{
    public static uint[] Block(uint[] counter, uint[] key)
    {
        uint[] x = [.. counter];
        uint[] k = [.. key];
        for (int round = 0; round < 10; round++)
        {
            ulong left = (ulong)x[0] * 0xD2511F53ul;
            ulong right = (ulong)x[2] * 0xCD9E8D57ul;
            x =
            [
                (uint)(right / 0x1_0000_0000ul) ^ x[1] ^ k[0],
                (uint)(right % 0x1_0000_0000ul),
                (uint)(left / 0x1_0000_0000ul) ^ x[3] ^ k[1],
                (uint)(left % 0x1_0000_0000ul),
            ];
            k = [unchecked(k[0] + 0x9E3779B9u), unchecked(k[1] + 0xBB67AE85u)];
        }
        return x;
    }
}
