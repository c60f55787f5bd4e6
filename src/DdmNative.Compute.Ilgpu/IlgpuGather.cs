using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>y[n] = source[indices[n]], assigned (=), one thread a float; indices are read when the kernel runs. Bound: memory.</summary>
internal sealed class IlgpuGather(IlgpuDevice device) : Gather
{
    protected override void SamplesCore(Tensor source, Tensor indices, Tensor y)
    {
        (int length, int sample) = ((int)y.Shape.MemberLength, y.Shape.SampleLength);
        (MemberGrid grid, int groups) = MemberGrid.Create(device, y.Shape.Members, length);
        device.Launch<SamplesArguments>(Samples, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, SampleLength = sample, Source = memory.Operand(source), Indices = memory.Operand(indices),
            Y = memory.Operand(y),
        });
    }

    internal static void Samples(SamplesArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var source, var indices, var y) = (arguments.Source.View(member), arguments.Indices.View(member), arguments.Y.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int sample = i / arguments.SampleLength;
            y[i] = source[(int)indices[sample] * arguments.SampleLength + (i - sample * arguments.SampleLength)];
        }
    }

    internal struct SamplesArguments
    {
        public MemberGrid Grid;
        public int Length;
        public int SampleLength;
        public Operand Source;
        public Operand Indices;
        public Operand Y;
    }
}
