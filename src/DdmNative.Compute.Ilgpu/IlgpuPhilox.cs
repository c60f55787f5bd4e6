namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Philox4x32-10, one thread a position: the words of a block are computed again for each of its four positions, which costs less than
/// writing them. Results are assigned (=).
/// </summary>
internal sealed class IlgpuPhilox(IlgpuDevice device) : Contracts.Philox
{
    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
    {
        (MemberGrid grid, int groups) = MemberGrid.Create(device, values.Vector.Shape.Members, values.Length);
        device.Launch<FillArguments>(Fill, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = values.Length, Low = low, Range = high - low, LowKey = (uint)seed, HighKey = (uint)(seed >> 32),
            Stream = stream, Values = memory.Operand(values),
        });
    }

    internal static void Fill(FillArguments arguments)
    {
        int member = arguments.Grid.Member;
        var values = arguments.Values.View(member);
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
            values[i] = arguments.Low + arguments.Range * ((Bits(arguments, member, i) >> 8) * (1.0f / (1 << 24)));
    }

    private static uint Bits(FillArguments arguments, int member, int position)
    {
        (uint a, uint b, uint c, uint d) = Block(
            (uint)position >> 2, 0, arguments.Stream + (uint)member, 0, arguments.LowKey, arguments.HighKey);
        int word = position & 3;
        return word == 0 ? a : word == 1 ? b : word == 2 ? c : d;
    }

    /// <summary>The four words of a counter under a key.</summary>
    internal static (uint A, uint B, uint C, uint D) Block(uint a, uint b, uint c, uint d, uint lowKey, uint highKey)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)0xD2511F53u * a;
            ulong p1 = (ulong)0xCD9E8D57u * c;
            (a, b, c, d) = ((uint)(p1 >> 32) ^ b ^ lowKey, (uint)p1, (uint)(p0 >> 32) ^ d ^ highKey, (uint)p0);
            lowKey += 0x9E3779B9u;
            highKey += 0xBB67AE85u;
        }
        return (a, b, c, d);
    }

    internal struct FillArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Low;
        public float Range;
        public uint LowKey;
        public uint HighKey;
        public uint Stream;
        public Operand Values;
    }
}
