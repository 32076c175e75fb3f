public import Foundation

/// The instants at which a cron expression fires, in order, computed as they are asked for.
public struct CronOccurrences: Sequence, IteratorProtocol, Sendable {
    private let expression: CronExpression
    private let zone: TimeZone
    private let daylightSaving: DaylightSavingPolicy
    private let end: Date?
    private var last: Date?

    init(
        expression: CronExpression, after instant: Date, before end: Date?, zone: TimeZone,
        daylightSaving: DaylightSavingPolicy
    ) {
        self.expression = expression
        self.zone = zone
        self.daylightSaving = daylightSaving
        self.end = end
        last = instant
    }

    /// The next instant, or `nil` at the end of the range or of the year 9999.
    public mutating func next() -> Date? {
        guard let from = last,
            let found = expression.next(after: from, in: zone, daylightSaving: daylightSaving),
            end.map({ found < $0 }) ?? true
        else {
            last = nil
            return nil
        }
        last = found
        return found
    }
}
