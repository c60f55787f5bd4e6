using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// y = xΦ(x); f′(x) times a tangent or a cotangent; f′(x)δ̇ + f″(x)ẋδ. Assigned (=), one thread an element; Φ and φ are computed again
/// wherever they are needed. Bound: memory, at most four floats read for one written.
/// </summary>
internal sealed class IlgpuGelu(IlgpuDevice device) : Gelu
{
    protected override void ForwardCore(Tensor x, Tensor y) => Launch(Forward, x, x, x, x, y);

    protected override void ForwardTangentCore(Tensor x, Tensor xTangent, Tensor yTangent)
        => Launch(Derivative, x, xTangent, x, x, yTangent);

    protected override void BackwardCore(Tensor x, Tensor cotangent, Tensor xCotangent)
        => Launch(Derivative, x, cotangent, x, x, xCotangent);

    protected override void BackwardTangentCore(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor xCotangentTangent)
        => Launch(BackwardTangent, x, cotangentTangent, xTangent, cotangent, xCotangentTangent);

    /// <summary>For operands that an operation does not have, x is passed; they are not read.</summary>
    private void Launch(Action<GeluArguments> kernel, Tensor x, Tensor factor, Tensor xTangent, Tensor cotangent, Tensor result)
    {
        int length = (int)result.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, result.Shape.Members, length);
        device.Launch(kernel, groups, device.Threads, memory => new GeluArguments
        {
            Grid = grid, Length = length, X = memory.Operand(x), Factor = memory.Operand(factor), XTangent = memory.Operand(xTangent),
            Cotangent = memory.Operand(cotangent), Result = memory.Operand(result),
        });
    }

    internal static void Forward(GeluArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var result) = (arguments.X.View(member), arguments.Result.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float at = x[i];
            result[i] = at * ElementaryFunctions.NormalDistribution(at, ElementaryFunctions.NormalPower(at));
        }
    }

    internal static void Derivative(GeluArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var factor, var result) = (arguments.X.View(member), arguments.Factor.View(member), arguments.Result.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
            result[i] = Slope(x[i], ElementaryFunctions.NormalPower(x[i])) * factor[i];
    }

    internal static void BackwardTangent(GeluArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var factor, var result) = (arguments.X.View(member), arguments.Factor.View(member), arguments.Result.View(member));
        (var xTangent, var cotangent) = (arguments.XTangent.View(member), arguments.Cotangent.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float at = x[i], power = ElementaryFunctions.NormalPower(at);
            // Where φ is zero, x² may be infinite.
            float curvature = power == 0 ? 0 : ElementaryFunctions.NormalScale * power * (2 - at * at);
            result[i] = Slope(at, power) * factor[i] + curvature * xTangent[i] * cotangent[i];
        }
    }

    /// <summary>f′(x) = Φ(x) + xφ(x).</summary>
    private static float Slope(float x, float power)
        => ElementaryFunctions.NormalDistribution(x, power) + x * (ElementaryFunctions.NormalScale * power);

    internal struct GeluArguments
    {
        public MemberGrid Grid;
        public int Length;
        public Operand X;
        public Operand Factor;
        public Operand XTangent;
        public Operand Cotangent;
        public Operand Result;
    }
}
