using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Random parameters, four to a Philox block.</summary>
internal sealed class CpuPhilox(CpuDevice device) : Philox
{
    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
        => device.Submit(new FillCall(values, low, high, seed, stream));

    private sealed unsafe class FillCall : CpuCall
    {
        private readonly CpuParameters _values;
        private readonly float _low;
        private readonly float _high;
        private readonly ulong _seed;
        private readonly uint _stream;

        public FillCall(Slice slice, float low, float high, ulong seed, uint stream)
            : base("philox.fill-uniform", slice.Vector.Shape.Members, samples: 1)
            => (_values, _low, _high, _seed, _stream) = (Write(slice), low, high, seed, stream);

        public override void Execute(in Tile tile)
        {
            float* target = _values.At(tile);
            float range = _high - _low;
            for (int start = 0; start < _values.Length; start += 4)
            {
                (uint a, uint b, uint c, uint d) = Block(_seed, _stream + (uint)tile.Member, (ulong)(start / 4));
                ReadOnlySpan<uint> words = [a, b, c, d];
                for (int i = 0; i < Math.Min(4, _values.Length - start); i++)
                    target[start + i] = _low + range * ToUnit(words[i]);
            }
        }
    }
}
