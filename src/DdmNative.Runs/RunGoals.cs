namespace DdmNative.Runs;

/// <summary>What a goal includes, so that only the rules for its work are checked.</summary>
internal static class RunGoals
{
    /// <summary>Whether groups are needed.</summary>
    public static bool Groups(this RunGoal goal) => goal != RunGoal.Train;

    /// <summary>Whether the attribution matrix is filled.</summary>
    public static bool Attributes(this RunGoal goal)
        => goal is RunGoal.Attribute or RunGoal.Validate or RunGoal.Evaluate or RunGoal.Everything;

    /// <summary>Whether the matrix is compared with exact retraining, if the job requests it.</summary>
    public static bool Validates(this RunGoal goal) => goal is RunGoal.Validate or RunGoal.Everything;

    /// <summary>Whether the methods are evaluated, if the job requests it.</summary>
    public static bool Evaluates(this RunGoal goal) => goal is RunGoal.Evaluate or RunGoal.Everything;

    /// <summary>Whether groups are forgotten, if the job names some.</summary>
    public static bool Unlearns(this RunGoal goal) => goal is RunGoal.Unlearn or RunGoal.Everything;
}
