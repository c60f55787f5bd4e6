using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Random parameters, four to a Philox block.</summary>
internal sealed class CpuPhilox(CpuDevice device) : Philox
{
    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
        => device.Submit(new FillCall(values, low, high, seed, stream));

    private sealed unsafe class FillCall : CpuCall
    {
        private readonly CpuOperand vector;
        private readonly Slice slice;
        private readonly float low;
        private readonly float high;
        private readonly ulong seed;
        private readonly uint stream;

        public FillCall(Slice slice, float low, float high, ulong seed, uint stream)
            : base("philox.fill-uniform", slice.Vector.Shape.Members, samples: 1)
            => (vector, this.slice, this.low, this.high, this.seed, this.stream) = (Write(slice.Vector), slice, low, high, seed, stream);

        public override void Execute(in Tile tile)
        {
            float* target = vector.At(tile, 0) + slice.Offset;
            float range = high - low;
            for (int start = 0; start < slice.Length; start += 4)
            {
                (uint a, uint b, uint c, uint d) = Block(seed, stream + (uint)tile.Member, (ulong)(start / 4));
                ReadOnlySpan<uint> words = [a, b, c, d];
                for (int i = 0; i < Math.Min(4, slice.Length - start); i++)
                    target[start + i] = low + range * ToUnit(words[i]);
            }
        }
    }
}
