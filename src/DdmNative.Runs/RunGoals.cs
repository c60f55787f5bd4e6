namespace DdmNative.Runs;

/// <summary>What a goal takes in, so that a run is held to the rules of what it does and to no others.</summary>
internal static class RunGoals
{
    /// <summary>Whether groups are made or taken.</summary>
    public static bool Groups(this RunGoal goal) => goal != RunGoal.Train;

    /// <summary>Whether the attribution matrix is filled.</summary>
    public static bool Attributes(this RunGoal goal)
        => goal is RunGoal.Attribute or RunGoal.Validate or RunGoal.Evaluate or RunGoal.Everything;

    /// <summary>Whether it is compared with exact retraining, where the job asks for that.</summary>
    public static bool Validates(this RunGoal goal) => goal is RunGoal.Validate or RunGoal.Everything;

    /// <summary>Whether its methods are measured, where the job asks for that.</summary>
    public static bool Evaluates(this RunGoal goal) => goal is RunGoal.Evaluate or RunGoal.Everything;

    /// <summary>Whether groups are forgotten, where the job names some.</summary>
    public static bool Unlearns(this RunGoal goal) => goal is RunGoal.Unlearn or RunGoal.Everything;
}
