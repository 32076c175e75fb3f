public import Foundation

extension Schedule {
    /// A cron expression on the wall clock of a time zone.
    ///
    /// `@every 90s` gives the interval ``every(_:anchor:)`` gives.
    ///
    /// - Parameters:
    ///   - text: the expression, such as `30 9 * * 1-5`.
    ///   - zone: the IANA identifier of the zone, such as `America/New_York`; UTC if left out.
    ///   - dialect: the rules to read the text by.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    ///   - hashSeed: where `H` takes its values from, such as the job's name.
    /// - Throws: ``ScheduleError`` if the text is no expression, or the zone is not in the database.
    public static func cron(
        _ text: String, in zone: String = "UTC", dialect: CronDialect = .standard,
        daylightSaving: DaylightSavingPolicy = .automatic, hashSeed: String? = nil
    ) throws(ScheduleError) -> Schedule {
        let expression: CronExpression
        do {
            expression = try CronExpression(text, dialect: dialect, hashSeed: hashSeed)
        } catch {
            throw ScheduleError(error)
        }
        if let period = expression.period { return .every(.seconds(period)) }
        do {
            // The table's own string: a million schedules of one zone share it.
            let identifier = try TimeZoneDatabase.system.table(zone).identifier
            return Schedule(.cron(expression, zone: identifier, daylightSaving))
        } catch {
            throw ScheduleError(.timeZone, value: zone, message: error.message)
        }
    }

    /// A cron expression on the wall clock of a time zone.
    ///
    /// - Parameters:
    ///   - expression: the expression.
    ///   - zone: whose wall clock the fields are read on; its identifier is kept.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    public static func cron(
        _ expression: CronExpression, in zone: TimeZone, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Schedule {
        if let period = expression.period { return .every(.seconds(period)) }
        return Schedule(.cron(expression, zone: zone.identifier, daylightSaving))
    }

    /// Elapsed time from an anchor: the nth occurrence is `anchor + n × interval`, for n from 1.
    ///
    /// - Parameters:
    ///   - interval: from 1 ms to 100 years; ``validate()`` refuses others.
    ///   - anchor: where counting begins, itself not an occurrence; the job's creation if left out (see
    ///     ``anchored(at:)``).
    public static func every(_ interval: Duration, anchor: Date? = nil) -> Schedule {
        Schedule(.every(interval, anchor: anchor))
    }

    /// A delay after the end of the run before; the first run is due one delay after the job's creation.
    ///
    /// - Parameter delay: from 1 ms to 100 years; ``validate()`` refuses others.
    public static func afterCompletion(_ delay: Duration) -> Schedule {
        Schedule(.afterCompletion(delay, anchor: nil))
    }

    /// One occurrence at an instant.
    public static func once(at instant: Date) -> Schedule {
        Schedule(.once(instant))
    }

    /// One occurrence, at the job's creation (see ``anchored(at:)``).
    public static var immediately: Schedule {
        Schedule(.immediately(nil))
    }

    /// Every instant at which one of several schedules is due; an instant that several name counts once.
    public static func union(_ schedules: [Schedule]) -> Schedule {
        Schedule(.union(schedules))
    }

    /// The schedule with its missing anchors filled in; anchors that are set stay.
    ///
    /// - Parameter instant: the job's creation: the anchor of an interval, and the one instant of ``immediately``.
    public func anchored(at instant: Date) -> Schedule {
        var copy = self
        switch rule {
        case .every(let interval, anchor: nil): copy.rule = .every(interval, anchor: instant)
        case .afterCompletion(let delay, anchor: nil): copy.rule = .afterCompletion(delay, anchor: instant)
        case .immediately(nil): copy.rule = .immediately(instant)
        case .union(let schedules): copy.rule = .union(schedules.map { $0.anchored(at: instant) })
        default: break
        }
        return copy
    }
}
