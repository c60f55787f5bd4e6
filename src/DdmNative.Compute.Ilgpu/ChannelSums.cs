using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// b[c] = Σ over samples and pixels of δ [N, C, pixels], assigned (=): a bias's gradient. One group a channel. Bound: memory.
/// </summary>
internal sealed class ChannelSums(IlgpuDevice device)
{
    public void Run(Tensor cotangent, Slice result)
    {
        TensorShape shape = cotangent.Shape;
        (MemberGrid grid, int groups) = MemberGrid.CreateForGroups(device, result.Vector.Shape.Members, shape.Channels);
        device.Launch<SumArguments>(Sum, groups, device.Threads, memory => new()
        {
            Grid = grid, Samples = shape.Samples, Channels = shape.Channels, Pixels = shape.Height * shape.Width,
            Cotangent = memory.Operand(cotangent), Result = memory.Operand(result),
        });
    }

    internal static void Sum(SumArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member;
        (var cotangent, var result) = (arguments.Cotangent.View(member), arguments.Result.View(member));
        int terms = arguments.Samples * arguments.Pixels;
        for (int channel = arguments.Grid.FirstOfGroup; channel < arguments.Channels; channel += arguments.Grid.StepOfGroups)
        {
            float sum = 0;
            for (int i = Group.IdxX; i < terms; i += Group.DimX)
            {
                int sample = i / arguments.Pixels;
                sum += cotangent[i + (sample * (arguments.Channels - 1) + channel) * arguments.Pixels];
            }
            float total = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X;
            if (Group.IdxX == 0)
                result[channel] = total;
        }
    }

    internal struct SumArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Channels;
        public int Pixels;
        public Operand Cotangent;
        public Operand Result;
    }
}
