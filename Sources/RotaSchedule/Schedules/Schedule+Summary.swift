extension Schedule {
    /// The schedule in plain English.
    public var summary: String {
        switch rule {
        case .cron(let expression, let zone, _): expression.summary + ", " + zone
        case .every(let interval, _): "Every " + (DurationText.text(interval) ?? "\(interval)")
        case .afterCompletion(let delay, _):
            (DurationText.text(delay) ?? "\(delay)") + " after each run ends"
        case .once(let instant): "Once, at " + (InstantText.text(instant) ?? "\(instant)")
        case .immediately: "Once, at once"
        case .union(let schedules): schedules.map(\.summary).joined(separator: "; and ")
        }
    }
}
