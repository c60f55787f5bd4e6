namespace DdmNative.Runs;

/// <summary>The goal of a run. Stages that the goal needs are run first if they are not finished.</summary>
public enum RunGoal
{
    /// <summary>The trained target.</summary>
    Train,

    /// <summary>The synset of the job's first method.</summary>
    Distill,

    /// <summary>The attribution matrix by all of the job's methods.</summary>
    Attribute,

    /// <summary>The matrix, and its comparison with exact retraining.</summary>
    Validate,

    /// <summary>The matrix, and its methods measured against retrained models (<see cref="Jobs.Job.Evaluation"/>).</summary>
    Evaluate,

    /// <summary>The model that has forgotten some groups.</summary>
    Unlearn,

    /// <summary>Everything that the job requests.</summary>
    Everything,
}
