using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// y = x·m/(1 − rate), assigned (=). A thread computes up to four channels of a pixel, whose random words are one block of Philox; adjacent
/// threads have adjacent pixels. The samples' keys are read when the kernel runs. Bound: memory, close to integer arithmetic.
/// </summary>
internal sealed class IlgpuDropout(IlgpuDevice device) : Dropout
{
    private const int Together = 4;

    protected override void ApplyCore(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
    {
        TensorShape shape = y.Shape;
        (int pixels, int blocks) = (shape.Height * shape.Width, (shape.Channels + Together - 1) / Together * shape.Height * shape.Width);
        int length = checked(shape.Samples * blocks);
        (MemberGrid grid, int groups) = MemberGrid.Create(device, shape.Members, length);
        device.Launch<DropoutArguments>(Apply, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Blocks = blocks, Pixels = pixels, Channels = shape.Channels, LowKey = (uint)seed,
            HighKey = (uint)(seed >> 32), LastWord = LastWord(layer), Threshold = Threshold(rate), Scale = Scale(rate),
            Keys = memory.Operand(keys), X = memory.Operand(x), Y = memory.Operand(y),
        });
    }

    internal static void Apply(DropoutArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var keys, var x, var y) = (arguments.Keys.View(member), arguments.X.View(member), arguments.Y.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int sample = i / arguments.Blocks, block = i - sample * arguments.Blocks, group = block / arguments.Pixels;
            (uint a, uint b, uint c, uint d) = IlgpuPhilox.Block((uint)block, (uint)keys[2 * sample], (uint)keys[2 * sample + 1],
                arguments.LastWord, arguments.LowKey, arguments.HighKey);
            int first = (sample * arguments.Channels + Together * group) * arguments.Pixels + block - group * arguments.Pixels;
            for (int channel = 0; channel < Together; channel++)
            {
                uint word = channel == 0 ? a : channel == 1 ? b : channel == 2 ? c : d;
                int at = first + channel * arguments.Pixels;
                if (Together * group + channel < arguments.Channels)
                    y[at] = word < arguments.Threshold ? 0 : arguments.Scale * x[at];
            }
        }
    }

    internal struct DropoutArguments
    {
        public MemberGrid Grid;
        public int Length;
        public int Blocks;
        public int Pixels;
        public int Channels;
        public uint LowKey;
        public uint HighKey;
        public uint LastWord;
        public uint Threshold;
        public float Scale;
        public Operand Keys;
        public Operand X;
        public Operand Y;
    }
}
