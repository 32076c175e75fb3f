extension CronExpression {
    /// The expression in plain English.
    public var summary: String { description }
}
