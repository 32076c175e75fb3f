extension CronExpression {
    /// The expression in plain English: `At 09:30, Monday to Friday`.
    ///
    /// Times are on a 24-hour clock. A working day is a day from Monday to Friday.
    public var summary: String {
        if let period { return "Every " + DurationText.words(.seconds(period)) }
        return ([pattern.timePhrase] + pattern.dayPhrases).joined(separator: ", ")
    }
}
