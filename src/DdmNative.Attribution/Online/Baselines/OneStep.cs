using DdmNative.Attribution.Matching;

namespace DdmNative.Attribution.Online.Baselines;

/// <summary>
/// One gradient step with the real groups: θ_T + η·Σ (n_g/N)·∇L(D_g; θ_T) over the removed groups reverses their next contribution to
/// training. Like an online mode, but it needs the data.
/// </summary>
/// <param name="real">The real groups' gradients.</param>
/// <param name="stepSize">η; effects are nearly linear in it.</param>
public sealed class OneStep(GroupGradients real, float stepSize = 0.05f) : IOnlineMode
{
    public string Name => "one-step";

    public object Options => new { stepSize };

    /// <inheritdoc/>
    public int Steps => 1;

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => null;

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        float[] gradients = real.At(context.Target);
        int length = context.Target.Length;
        var models = new float[(long)context.Removals.Count * length];
        for (int removal = 0; removal < context.Removals.Count; removal++)
        {
            Span<float> model = models.AsSpan(removal * length, length);
            context.Target.CopyTo(model);
            foreach (int group in context.Removals[removal])
            {
                double scale = stepSize * (double)context.GroupSizes[group] / context.TrainingCount;
                for (int p = 0; p < length; p++)
                    model[p] += (float)(scale * gradients[group * length + p]);
            }
        }
        return new PerturbedModels(context.Removals, models, context.Target);
    }
}
