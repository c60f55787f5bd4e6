using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Random parameters: 32 random words at a time, turned into numbers where they are stored. A long vector is filled by all threads.
/// </summary>
internal sealed class CpuPhilox(CpuDevice device) : Philox
{
    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
        => device.Submit(new FillCall(values, low, high, seed, stream));

    private sealed unsafe class FillCall : CpuCall
    {
        /// <summary>The floats of a part that is worth a thread.</summary>
        private const int PartLength = 1 << 14;

        private const int MaximumParts = 16;

        private readonly CpuParameters _values;
        private readonly int _parts;
        private readonly float _low;
        private readonly float _high;
        private readonly ulong _seed;
        private readonly uint _stream;

        public FillCall(Slice slice, float low, float high, ulong seed, uint stream)
            : base("philox.fill-uniform", slice.Vector.Shape.Members, CpuPhase.SamplesOf(CountParts(slice.Length)))
        {
            (_values, _parts) = (Write(slice, tileByTile: true), CountParts(slice.Length));
            (_low, _high, _seed, _stream) = (low, high, seed, stream);
        }

        public override void Execute(in Tile tile)
        {
            (int first, int end) = CpuPhase.PartsOf(tile);
            if (first < end)
                Fill(_values.At(tile), Begin(first), Begin(end), _stream + (uint)tile.Member);
        }

        private static int CountParts(int length) => Math.Clamp(length / PartLength, 1, MaximumParts);

        /// <summary>The first element of a part: one whose words begin with a block's.</summary>
        private int Begin(int part)
            => part == _parts ? _values.Length : (int)((long)_values.Length * part / _parts) / PhiloxBlocks.Words * PhiloxBlocks.Words;

        private void Fill(float* target, int first, int end, uint stream)
        {
            Vector512<float> low = Vector512.Create(_low), range = Vector512.Create(_high - _low);
            int i = first;
            for (; i + PhiloxBlocks.Words <= end; i += PhiloxBlocks.Words)
            {
                uint* words = (uint*)(target + i);
                PhiloxBlocks.Compute(_seed, BlocksFrom(i), 0, stream, 0, words);
                for (int vector = 0; vector < PhiloxBlocks.Words; vector += LanePart.Lanes)
                    // Not fused: other backends, and the last elements, round the product as well.
                    (low + range * ToUnit(Vector512.Load(words + vector))).Store(target + i + vector);
            }
            for (; i < end; i++)
                target[i] = _low + (_high - _low) * Uniform(_seed, stream, (ulong)i);
        }

        /// <summary>The blocks of element <paramref name="i"/> and of those after it.</summary>
        private static Vector512<ulong> BlocksFrom(int i) => Vector512.Create((ulong)(i / 4)) + PhiloxBlocks.Order.AsUInt64();

        /// <summary><see cref="Philox.ToUnit"/> of sixteen words.</summary>
        private static Vector512<float> ToUnit(Vector512<uint> words)
            => Vector512.ConvertToSingle((words >> 8).AsInt32()) * Vector512.Create(1.0f / (1 << 24));
    }
}
