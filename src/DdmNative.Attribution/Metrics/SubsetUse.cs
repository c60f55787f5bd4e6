namespace DdmNative.Attribution.Metrics;

/// <summary>
/// What random subsets are drawn for. Each use has draws of its own, so that a method is never scored on the models it was fitted on.
/// </summary>
public enum SubsetUse
{
    /// <summary>The linear datamodelling score on halves of the groups.</summary>
    HalvesOfGroups = 0,

    /// <summary>The models that <see cref="Methods.Auto"/> retrains.</summary>
    Auto = 1,

    /// <summary>The trainings of an ensemble of <see cref="Methods.Adjoint"/>.</summary>
    Adjoint = 2,

    /// <summary>The linear datamodelling score on samples, and on other shares of the groups.</summary>
    OtherSubsets = 3,

    /// <summary>The models that <see cref="Methods.Datamodel"/> is fitted on.</summary>
    Datamodel = 4,
}
