namespace DdmNative.Attribution.Objectives;

/// <summary>What is measured on each evaluation sample; z are its logits, y its label.</summary>
public enum ObjectiveKind
{
    /// <summary>Cross-entropy, logsumexp z − z_y, in nats. Lower is better.</summary>
    Loss,

    /// <summary>1 where z_y is the largest logit (the first of equals), else 0.</summary>
    Accuracy,

    /// <summary>z_y − max over the other classes: positive where the sample is classified correctly.</summary>
    Margin,

    /// <summary>z_y.</summary>
    Logit,
}
