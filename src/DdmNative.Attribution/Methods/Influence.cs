using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="Influence"/>.</summary>
/// <param name="Curvature"><c>gauss-newton</c>, which is never negative, or <c>hessian</c>.</param>
/// <param name="Solver"><c>cg</c> or <c>lissa</c>.</param>
/// <param name="Damping">λ.</param>
/// <param name="Iterations">Steps of the solver at most.</param>
/// <param name="Tolerance">CG ends when every residual is below this share of its right-hand side.</param>
/// <param name="Samples">Training samples that the curvature is taken on, chosen by the seed; 0 for all.</param>
/// <param name="Scale">LiSSA's divisor; above the largest eigenvalue of C + λI.</param>
public sealed record InfluenceOptions(
    string Curvature = "gauss-newton", string Solver = "cg", double Damping = 0.05, int Iterations = 50, double Tolerance = 1e-5,
    int Samples = 512, double Scale = 50);

/// <summary>
/// `influence` (Koh and Liang, ICML 2017): W[o, g] = −⟨(C + λI)⁻¹∇F_o(θ_T), Σ_{n∈g} ∇L(x_n; θ_T)⟩/N, what removing the part does to the
/// minimum nearby, C being the mean training loss's Gauss–Newton matrix or Hessian at θ_T. The training's weight decay is added to λ: with
/// it, training minimises the mean loss + decay·‖θ‖²/2, whose curvature is C + decay·I. Unit: the objective's. Cost: iterations × a tangent
/// pass over the curvature's samples for every objective, then one gradient of the training set.
/// </summary>
/// <remarks>
/// All objectives are solved for together along the ensemble axis, either by conjugate gradients (Martens, ICML 2010), which with an
/// indefinite Hessian stop for an objective where they meet negative curvature, or by LiSSA (Agarwal et al., JMLR 2017), h ← v + h − (C +
/// λI)h/s on successive batches of the seeded order.
/// </remarks>
public sealed class Influence(InfluenceOptions? options = null) : IAttributionMethod
{
    // Keeps the choice of samples apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x494E464Cul << 32;
    private const int Wave = 16;

    private readonly InfluenceOptions _options = options ?? new InfluenceOptions();

    public object Options => _options;

    /// <summary>From the settings named as the options are.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Influence From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new InfluenceOptions();
        return new Influence(new InfluenceOptions(
            settings.Word("curvature", best.Curvature, "gauss-newton", "hessian"),
            settings.Word("solver", best.Solver, "cg", "lissa"),
            settings.Real("damping", best.Damping, 0, 1e6),
            settings.Whole("iterations", best.Iterations, 1, 1_000_000),
            settings.Real("tolerance", best.Tolerance, 0, 1),
            settings.Whole("samples", best.Samples, 0, 10_000_000),
            settings.Real("scale", best.Scale, 0, 1e9)));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int members = Math.Min(context.Bounded(Wave), context.Objectives.Count);
        return ObjectiveGradients.Estimate(context) + CurvatureProducts.Estimate(context, members)
            + new MemoryEstimate(("solver", MemoryEstimate.Vectors(context.Network, 5L * members)))
            + GradientProducts.Estimate(context, context.Objectives.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int count = context.Objectives.Count, length = context.Network.ParameterCount;
        float[] gradients;
        using (var objectives = new ObjectiveGradients(context))
            gradients = objectives.At(context.Target);
        var solutions = new float[gradients.Length];
        int wave = Math.Min(context.Bounded(Wave), count);
        for (int first = 0; first < count; first += wave)
        {
            int members = Math.Min(wave, count - first);
            int start = first * length;
            double[] solved = context.Pieces.Once(string.Create(CultureInfo.InvariantCulture, $"solution-{first:D5}-{members}"),
                () => Solve(context, gradients.AsSpan(start, members * length).ToArray(), members));
            for (int i = 0; i < solved.Length; i++)
                solutions[start + i] = (float)solved[i];
        }

        using var products = new GradientProducts(context, count);
        double[] values = products.At(context.Target, solutions, done => context.OnProgress?.Invoke(done, context.Train.Count, "samples"));
        return context.ToMatrix([.. values.Select(value => -value)]);
    }

    /// <summary>(C + λI)⁻¹v of every member, [E·P].</summary>
    private double[] Solve(MethodContext context, float[] v, int members)
    {
        using var curvature = new CurvatureProducts(
            context, members, _options.Curvature == "hessian", _options.Damping + context.Recipe.WeightDecay);
        int[] samples = SeededOrder.Permutation(context.Train.Count, context.Seed, Stream);
        if (_options.Samples > 0 && _options.Samples < samples.Length)
            samples = samples[.._options.Samples];
        float[] solution = _options.Solver == "cg"
            ? ConjugateGradients(context, curvature, v, members, samples) : Lissa(context, curvature, v, members, samples);
        return Array.ConvertAll(solution, value => (double)value);
    }

    private float[] ConjugateGradients(MethodContext context, CurvatureProducts curvature, float[] v, int members, int[] samples)
    {
        Device device = context.Device;
        TensorShape shape = curvature.Direction.Shape;
        using var vectors = new MemberVectors(device, shape);
        using Tensor x = device.Allocate(shape);
        using Tensor residual = device.Upload(shape, v);
        using Tensor next = device.Allocate(shape);
        device.LinearCombination.Copy(residual, curvature.Direction);
        double[] rr = vectors.Dot(residual, residual);
        double[] enough = [.. rr.Select(norm => norm * _options.Tolerance * _options.Tolerance)];
        bool[] isDone = [.. rr.Select(norm => norm == 0)];
        for (int i = 0; i < _options.Iterations && isDone.Contains(false); i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            curvature.Run(samples);
            double[] curved = vectors.Dot(curvature.Direction, curvature.Product);
            var alpha = new double[members];
            for (int e = 0; e < members; e++)
            {
                isDone[e] |= !(curved[e] > 0);
                alpha[e] = isDone[e] ? 0 : rr[e] / curved[e];
            }

            vectors.Add(x, alpha, curvature.Direction);
            vectors.Add(residual, [.. alpha.Select(a => -a)], curvature.Product);
            double[] newRr = vectors.Dot(residual, residual);
            double[] beta = [.. Enumerable.Range(0, members).Select(e => isDone[e] ? 0 : newRr[e] / rr[e])];
            device.LinearCombination.Copy(residual, next);
            vectors.Add(next, beta, curvature.Direction);
            device.LinearCombination.Copy(next, curvature.Direction);
            for (int e = 0; e < members; e++)
                isDone[e] |= newRr[e] <= enough[e];
            rr = newRr;
            context.OnProgress?.Invoke(i + 1, _options.Iterations, "iterations");
        }

        return x.ToArray();
    }

    private float[] Lissa(MethodContext context, CurvatureProducts curvature, float[] v, int members, int[] samples)
    {
        Device device = context.Device;
        TensorShape shape = curvature.Direction.Shape;
        using Tensor right = device.Upload(shape, v);
        device.LinearCombination.Copy(right, curvature.Direction);
        int batch = Math.Min(context.Recipe.BatchSize, samples.Length);
        for (int i = 0; i < _options.Iterations; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            int first = (int)((long)i * batch % samples.Length);
            curvature.Run(samples.AsSpan(first, Math.Min(batch, samples.Length - first)));
            device.LinearCombination.Combine(1, curvature.Direction, (float)(-1 / _options.Scale), curvature.Product, curvature.Direction);
            device.LinearCombination.Combine(1, curvature.Direction, 1, right, curvature.Direction);
            context.OnProgress?.Invoke(i + 1, _options.Iterations, "iterations");
        }

        float[] h = curvature.Direction.ToArray();
        if (Array.Exists(h, value => !float.IsFinite(value) || Math.Abs(value) > 1e12f))
            throw new MethodRequestException(
                string.Create(CultureInfo.InvariantCulture,
                $"Method 'influence': LiSSA diverged with scale={_options.Scale} for {members} objectives; raise the scale, e.g. "
                + $"influence:solver=lissa:scale={10 * _options.Scale}, or use solver=cg."));
        return Array.ConvertAll(h, value => (float)(value / _options.Scale));
    }
}
