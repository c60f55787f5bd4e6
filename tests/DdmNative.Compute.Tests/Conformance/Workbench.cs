using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// Runs one call under the conditions that every call must support: outputs full of NaN, slices among NaN neighbours, shared and per-member
/// inputs; once eagerly and twice in a plan, with the same bits; inputs and neighbours untouched.
/// </summary>
internal sealed class Workbench(Device device, int members, int shared, int seed, string description) : IDisposable
{
    private readonly RandomValues _random = new(seed);
    private readonly List<Operand> _inputs = [];
    private readonly List<Operand> _outputs = [];
    private readonly List<Tensor> _transients = [];
    private int _inputsSoFar;

    public Device Device => device;

    public int Members => members;

    public RandomValues Random => _random;

    /// <summary>A random input [E or 1, …]; the next bit of the case says whether it is shared.</summary>
    public Operand Input(TensorShape shape, [CallerArgumentExpression(nameof(shape))] string name = "")
        => Input(_random.Tensor(shape.WithMembers(NextIsShared() ? 1 : members)), name);

    /// <summary>An input with given values.</summary>
    public Operand Input(DoubleTensor values, [CallerArgumentExpression(nameof(values))] string name = "")
        => AddWhole(_inputs, name, values, true);

    /// <summary>
    /// A random input inside a longer parameter vector; the shape is the reference's view of it, [E, O, I, k, k] for filters.
    /// </summary>
    public Operand InputSlice(TensorShape shape, [CallerArgumentExpression(nameof(shape))] string name = "")
    {
        DoubleTensor values = _random.Tensor(shape.WithMembers(NextIsShared() ? 1 : members));
        return AddSlice(_inputs, name, values, true);
    }

    /// <summary>The same with every value replaced by a function of it, such as a variance, which is positive.</summary>
    public Operand InputSlice(TensorShape shape, Func<float, float> map, [CallerArgumentExpression(nameof(shape))] string name = "")
    {
        DoubleTensor values = _random.Tensor(shape.WithMembers(NextIsShared() ? 1 : members));
        for (int i = 0; i < values.Values.Length; i++)
            values.Values[i] = map((float)values.Values[i]);
        return AddSlice(_inputs, name, values, true);
    }

    /// <summary>A result of the given shape, full of NaN before every run.</summary>
    public Operand Output(TensorShape shape, [CallerArgumentExpression(nameof(shape))] string name = "")
        => AddWhole(_outputs, name, new DoubleTensor(shape.WithMembers(members)), false);

    /// <summary>A result inside a longer parameter vector whose other parameters must stay as they are.</summary>
    public Operand OutputSlice(TensorShape shape, [CallerArgumentExpression(nameof(shape))] string name = "")
        => AddSlice(_outputs, name, new DoubleTensor(shape.WithMembers(members)), false);

    /// <summary>A tensor that the call both reads and writes.</summary>
    public Operand Updated(DoubleTensor values, [CallerArgumentExpression(nameof(values))] string name = "")
        => AddWhole(_outputs, name, values, true);

    /// <summary>A run inside a longer parameter vector that the call both reads and writes.</summary>
    public Operand UpdatedSlice(TensorShape shape, string name)
        => AddSlice(_outputs, name, _random.Tensor(shape.WithMembers(members)), true);

    /// <summary>An intermediate of a plan. Its first use in the plan must be to write it.</summary>
    public Tensor Transient(TensorShape shape)
    {
        Tensor tensor = device.AllocateTransient(shape.WithMembers(members));
        _transients.Add(tensor);
        return tensor;
    }

    /// <summary>Runs the call eagerly and twice as a plan.</summary>
    public void Run(Action call)
    {
        Reset();
        call();
        AssertInputsUntouched();
        float[][] eager = Contents();
        RunAsPlan(call, eager);
    }

    /// <summary>Runs the calls twice as a plan, after filling its transients with NaN.</summary>
    public void RunAsPlan(Action calls, float[][]? expected = null)
    {
        Reset();
        float[][] before = Contents();
        List<Tensor> poison = [];
        foreach (Tensor transient in _transients)
        {
            Tensor nothing = device.Allocate(transient.Shape.WithMembers(1));
            nothing.Upload(Filled(nothing.Shape.Length, float.NaN));
            poison.Add(nothing);
        }
        using (IPlan plan = device.Record(description, () =>
        {
            for (int i = 0; i < _transients.Count; i++)
                device.LinearCombination.Copy(poison[i], _transients[i]);
            calls();
        }))
        {
            AssertSameBits(before, "Recording must not run anything");
            plan.Run();
            AssertInputsUntouched();
            expected ??= Contents();
            AssertSameBits(expected, "A plan must give what the same calls give eagerly");
            Reset();
            plan.Run();
            AssertSameBits(expected, "A plan's second run must give the bits of its first");
        }
        poison.ForEach(tensor => tensor.Dispose());
    }

    /// <summary>
    /// ‖output − expected‖ ≤ tolerance·‖expected‖; if the expectation is near zero, its root mean square is taken to be <paramref
    /// name="floor"/>.
    /// </summary>
    public void Expect(Operand output, DoubleTensor expected, double tolerance, double floor = 0)
    {
        (float[] actual, float[] neighbours) = output.Split(output.Tensor.ToArray());
        (_, float[] untouched) = output.Split(output.Initial);
        Assert.True(SameBits(neighbours, untouched), $"{description}: {output.Name}: parameters beside the slice were written.");
        Assert.Equal(expected.Values.Length, actual.Length);
        (double error, double norm, int worst, double largest) = (0, 0, 0, -1);
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = Math.Abs(actual[i] - expected.Values[i]);
            error += difference * difference;
            norm += expected.Values[i] * expected.Values[i];
            if (!double.IsNaN(largest) && !(difference <= largest))
                (worst, largest) = (i, difference);
        }
        double scale = Math.Max(Math.Sqrt(norm), floor * Math.Sqrt(actual.Length));
        Assert.True(
            Math.Sqrt(error) <= tolerance * scale,
            $"{description}: {output.Name}: error {Math.Sqrt(error):E2} of norm {scale:E2}; worst at {worst} of {actual.Length}: "
            + $"{actual[worst]:R}, expected {expected.Values[worst]:R}.");
    }

    public void Dispose()
    {
        foreach (Operand operand in _inputs.Concat(_outputs))
            operand.Tensor.Dispose();
        _transients.ForEach(tensor => tensor.Dispose());
    }

    private bool NextIsShared() => members > 1 && (shared >> _inputsSoFar++ & 1) == 1;

    private Operand AddWhole(List<Operand> list, string name, DoubleTensor values, bool hasContents)
    {
        float[] initial = hasContents ? [.. values.Values.Select(value => (float)value)] : Filled(values.Values.Length, float.NaN);
        return Add(list, new Operand(name, values, device.Upload(values.Shape, initial), 0, initial));
    }

    private Operand AddSlice(List<Operand> list, string name, DoubleTensor values, bool hasContents)
    {
        (int before, int after) = (_random.Below(20), _random.Below(20));
        int length = (int)values.Shape.MemberLength;
        TensorShape vector = TensorShape.Vector(values.Shape.Members, before + length + after);
        float[] initial = Filled(vector.Length, float.NaN);
        if (hasContents)
            for (int member = 0; member < vector.Members; member++)
                for (int i = 0; i < length; i++)
                    initial[member * vector.Channels + before + i] = (float)values.Values[member * length + i];
        return Add(list, new Operand(name, values, device.Upload(vector, initial), before, initial));
    }

    private static Operand Add(List<Operand> list, Operand operand)
    {
        list.Add(operand);
        return operand;
    }

    private void Reset()
    {
        foreach (Operand operand in _inputs.Concat(_outputs))
            operand.Reset();
    }

    private float[][] Contents() => [.. _outputs.Select(operand => operand.Tensor.ToArray())];

    private void AssertInputsUntouched()
    {
        foreach (Operand input in _inputs)
            Assert.True(SameBits(input.Initial, input.Tensor.ToArray()), $"{description}: the input {input.Name} was changed.");
    }

    private void AssertSameBits(float[][] expected, string rule)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(SameBits(expected[i], _outputs[i].Tensor.ToArray()), $"{description}: {rule}; {_outputs[i].Name} differs.");
    }

    private static bool SameBits(float[] a, float[] b)
        => MemoryMarshal.Cast<float, int>(a).SequenceEqual(MemoryMarshal.Cast<float, int>(b));

    private static float[] Filled(long length, float value)
    {
        var values = new float[length];
        Array.Fill(values, value);
        return values;
    }
}
