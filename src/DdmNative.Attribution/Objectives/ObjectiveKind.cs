namespace DdmNative.Attribution.Objectives;

/// <summary>The value on each evaluation sample; z are its logits, y its label.</summary>
public enum ObjectiveKind
{
    /// <summary>Cross-entropy, logsumexp z − z_y, in nats. Lower is better.</summary>
    Loss,

    /// <summary>1 if z_y is the largest logit (the first of equals), otherwise 0.</summary>
    Accuracy,

    /// <summary>z_y − max over the other classes: positive if the sample is classified correctly.</summary>
    Margin,

    /// <summary>z_y.</summary>
    Logit,
}
