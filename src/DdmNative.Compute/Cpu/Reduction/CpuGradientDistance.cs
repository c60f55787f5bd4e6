using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>The matching loss and its cotangent, one member at a time: two passes over g and g*, one of them writing v.</summary>
internal sealed class CpuGradientDistance(CpuDevice device) : GradientDistance
{
    protected override void EvaluateCore(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent)
        => device.Submit(new EvaluateCall(kind, blocks, gradient, target, distance, gradientCotangent));

    private sealed unsafe class EvaluateCall : CpuCall
    {
        private readonly GradientDistanceKind _kind;
        private readonly ParameterBlock[] _blocks;
        private readonly ParameterRange[] _ranges;
        private readonly ParameterRange[] _covered;
        private readonly ParameterRange[] _holes;
        private readonly CpuOperand _gradient;
        private readonly CpuOperand _target;
        private readonly CpuOperand _distance;
        private readonly CpuOperand _cotangent;

        public EvaluateCall(
            GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
            Tensor cotangent)
            : base("gradient-distance", cotangent.Shape.Members, samples: 1)
        {
            int length = cotangent.Shape.Channels;
            (_kind, _blocks, _ranges) = (kind, [.. blocks], [.. blocks.Select(block => new ParameterRange(block))]);
            _holes = [.. ParameterRange.FindHoles(_ranges, length)];
            _covered = [.. ParameterRange.FindHoles(_holes, length)];
            (_gradient, _target, _distance, _cotangent) = (Read(gradient), Read(target), Write(distance), Write(cotangent));
        }

        public override void Execute(in Tile tile)
        {
            float* g = _gradient.At(tile, 0);
            float* wanted = _target.At(tile, 0);
            float* v = _cotangent.At(tile, 0);
            foreach (ParameterRange hole in _holes)
                Clear(v + hole.Offset, hole.Length);
            *_distance.At(tile, 0) = (float)(_kind switch
            {
                GradientDistanceKind.Relative => Relative(g, wanted, v, _covered, negligible: 0),
                GradientDistanceKind.RelativePerLayer => RelativePerLayer(g, wanted, v),
                GradientDistanceKind.RowCosine => RowCosine(g, wanted, v),
                _ => throw new InvalidOperationException($"Distance {_kind} is unknown."),
            });
        }

        private double RelativePerLayer(float* g, float* wanted, float* v)
        {
            double negligible = NegligibleShare * NegligibleShare * Square(wanted, _covered);
            double sum = 0;
            for (int block = 0; block < _ranges.Length; block++)
                sum += Relative(g, wanted, v, _ranges.AsSpan(block, 1), negligible);
            return sum;
        }

        private double RowCosine(float* g, float* wanted, float* v)
        {
            double sum = 0;
            foreach (ParameterBlock b in _blocks)
                sum += RowCosine(b, g + b.Offset, wanted + b.Offset, v + b.Offset);
            return sum;
        }

        /// <summary>‖g − g*‖²/‖g*‖² over some ranges and its gradient; 1 and no gradient if ‖g*‖² is negligible.</summary>
        private static double Relative(float* g, float* wanted, float* v, ReadOnlySpan<ParameterRange> ranges, double negligible)
        {
            double scale = Square(wanted, ranges);
            if (scale <= negligible)
            {
                foreach (ParameterRange range in ranges)
                    Clear(v + range.Offset, range.Length);
                return 1;
            }
            float factor = (float)(2 / scale);
            // Both from the first-level cache, a chunk at a time.
            double distance = 0;
            foreach (ParameterRange range in ranges)
                for (int start = range.Offset; start < range.End; start += VectorSum.ChunkLength)
                {
                    int count = Math.Min(VectorSum.ChunkLength, range.End - start);
                    Elementwise.Run(new ScaledDifference(Vector16.Create(factor), g + start, wanted + start, v + start), count);
                    distance += VectorSum.SquaredDistance(g + start, wanted + start, count);
                }
            return distance / scale;
        }

        /// <summary>‖x‖² over some ranges.</summary>
        private static double Square(float* x, ReadOnlySpan<ParameterRange> ranges)
        {
            double sum = 0;
            foreach (ParameterRange range in ranges)
                sum += VectorSum.Dot(x + range.Offset, x + range.Offset, range.Length);
            return sum;
        }

        private static double RowCosine(ParameterBlock block, float* g, float* wanted, float* v)
        {
            if (!block.IsWeight)
            {
                Clear(v, block.Length);
                return 0;
            }
            double sum = 0;
            for (int row = 0; row < block.Rows; row++, g += block.RowLength, wanted += block.RowLength, v += block.RowLength)
            {
                double length = Math.Sqrt(VectorSum.Dot(g, g, block.RowLength)),
                    wantedLength = Math.Sqrt(VectorSum.Dot(wanted, wanted, block.RowLength));
                if (length == 0 || wantedLength == 0)
                {
                    Clear(v, block.RowLength);
                    sum += 1;
                    continue;
                }
                double cosine = VectorSum.Dot(g, wanted, block.RowLength) / (length * wantedLength);
                (float along, float towards) = ((float)(cosine / (length * length)), (float)(1 / (length * wantedLength)));
                Elementwise.Run(new Combination(Vector16.Create(along), g, Vector16.Create(towards), wanted, v), block.RowLength);
                sum += 1 - cosine;
            }
            return sum;
        }
    }
    /// <summary>v = f(g − g*).</summary>
    private readonly unsafe struct ScaledDifference(Vector16 factor, float* g, float* wanted, float* v) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => TLanes.Store(factor * (TLanes.Load(g + i, lanes) - TLanes.Load(wanted + i, lanes)), v + i, lanes);
    }

    /// <summary>v = a·g − b·g*.</summary>
    private readonly unsafe struct Combination(Vector16 a, float* g, Vector16 b, float* wanted, float* v) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => TLanes.Store(a * TLanes.Load(g + i, lanes) - b * TLanes.Load(wanted + i, lanes), v + i,
                lanes);
    }
}
