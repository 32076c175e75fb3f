import Foundation

extension Schedule.Limits {
    private enum SmoothingKey: String, CodingKey {
        case window, key
    }

    private enum ShiftKey: String, CodingKey {
        case shift, timezone
    }

    private enum FilterKey: String, CodingKey {
        case exclude, within, timezone
    }

    init(_ container: KeyedDecodingContainer<Schedule.Key>) throws {
        start = try container.instantIfPresent(.start)
        end = try container.instantIfPresent(.end)
        maximumRuns = try container.decodeIfPresent(Int.self, forKey: .maximumRuns)
        if Self.isSet(.smoothing, container) {
            let nested = try container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            smoothing = Schedule.Smoothing(
                window: try nested.duration(.window), key: try nested.decode(String.self, forKey: .key))
        }
        if Self.isSet(.businessDays, container) {
            let nested = try container.nestedContainer(keyedBy: ShiftKey.self, forKey: .businessDays)
            shift = Schedule.Shift(
                direction: try nested.decode(BusinessDayShift.self, forKey: .shift),
                zone: try nested.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC")
        }
        guard Self.isSet(.calendars, container) else { return }
        var list = try container.nestedUnkeyedContainer(forKey: .calendars)
        while !list.isAtEnd {
            let nested = try list.nestedContainer(keyedBy: FilterKey.self)
            let excludes = nested.contains(.exclude)
            guard excludes != nested.contains(.within) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .exclude, in: nested, debugDescription: "A calendar is either to exclude or to be within.")
            }
            filters.append(
                Schedule.Filter(
                    calendar: try nested.decode(ScheduleCalendar.self, forKey: excludes ? .exclude : .within),
                    excludes: excludes, zone: try nested.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC"))
        }
    }

    private static func isSet(
        _ key: Schedule.Key, _ container: KeyedDecodingContainer<Schedule.Key>
    ) -> Bool {
        container.contains(key) && (try? container.decodeNil(forKey: key)) == false
    }

    func encode(to container: inout KeyedEncodingContainer<Schedule.Key>) throws {
        if let start { try container.encode(start, .start) }
        if let end { try container.encode(end, .end) }
        try container.encodeIfPresent(maximumRuns, forKey: .maximumRuns)
        if let smoothing {
            var nested = container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            try nested.encode(smoothing.window, .window)
            try nested.encode(smoothing.key, forKey: .key)
        }
        if let shift {
            var nested = container.nestedContainer(keyedBy: ShiftKey.self, forKey: .businessDays)
            try nested.encode(shift.direction, forKey: .shift)
            try nested.encode(shift.zone, forKey: .timezone)
        }
        guard !filters.isEmpty else { return }
        var list = container.nestedUnkeyedContainer(forKey: .calendars)
        for filter in filters {
            var nested = list.nestedContainer(keyedBy: FilterKey.self)
            try nested.encode(filter.calendar, forKey: filter.excludes ? .exclude : .within)
            try nested.encode(filter.zone, forKey: .timezone)
        }
    }
}
