import Foundation
import RotaSchedule

// How the definitions of jobs are written to the store's files. A store may hold a million, so what every job has are
// fields, and what has its default is left out. The rest is JSON.

extension JobDefinition {
    enum Field: UInt64, RecordField {
        case name = 1
        case schedule = 2
        case action = 3
        case metadata = 4
        /// JSON of the policies that are not the defaults.
        case policies = 5
        /// JSON of the rare members that are set.
        case rare = 6
    }

    /// The definition as a record.
    func record() throws -> [UInt8] {
        var record = RecordWriter()
        record.put(Field.name, name)
        try record.record(Field.schedule) { try schedule.write(to: &$0) }
        try record.record(Field.action) { try action.write(to: &$0) }
        record.put(Field.metadata, metadata)
        if !hasStandardPolicies { record.put(Field.policies, try StoredJSON.encode(policyBox.value)) }
        if hasExtras { record.put(Field.rare, try StoredJSON.encode(rare.members)) }
        return record.bytes
    }

    init(from reader: RecordReader, sharing parts: SharedParts) throws {
        var record = reader
        var name: String?
        var schedule: Schedule?
        var action: JobAction?
        var metadata: [String: String] = [:]
        var policies: Boxed<Policies>?
        var rare: Boxed<RareParts>?
        while let field = try record.next(Field.self) {
            switch field {
            case .name: name = try record.text()
            case .schedule: schedule = try Schedule(from: record.record())
            case .action: action = try JobAction(from: record.record(), sharing: parts)
            case .metadata: try record.attribute(into: &metadata)
            case .policies: policies = try parts.policies.value(record.data())
            case .rare: rare = try parts.rare.value(record.data())
            }
        }
        self.init(
            name: try RecordReader.known(name, "a definition's name"),
            schedule: try RecordReader.known(schedule, "a definition's schedule"),
            action: try RecordReader.known(action, "a definition's action"), metadata: metadata)
        if let policies { policyBox = policies }
        if let rare { self.rare = Rare(sharing: rare) }
    }
}

extension Schedule {
    enum Field: UInt64, RecordField {
        case cron = 1
        /// Absent for UTC.
        case zone = 2
        case hashSeed = 3
        case every = 4
        case anchor = 5
        case once = 6
        /// A schedule with other rules, limits or adjustments.
        case json = 7
    }

    func write(to record: inout RecordWriter) throws {
        switch plain {
        case .cron(let text, let zone, let hashSeed):
            record.put(Field.cron, text)
            if zone != "UTC" { record.put(Field.zone, zone) }
            record.put(Field.hashSeed, hashSeed)
        case .every(let interval, let anchor):
            record.put(Field.every, interval)
            record.put(Field.anchor, anchor)
        case .once(let date): record.put(Field.once, date)
        case nil: record.put(Field.json, try StoredJSON.encode(self))
        }
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var (cron, hashSeed): (String?, String?)
        var zone = "UTC"
        var every: Duration?
        var (anchor, once): (Date?, Date?)
        while let field = try record.next(Field.self) {
            switch field {
            case .cron: cron = try record.text()
            case .zone: zone = try record.text()
            case .hashSeed: hashSeed = try record.text()
            case .every: every = try record.duration()
            case .anchor: anchor = try record.date()
            case .once: once = try record.date()
            case .json:
                self = try StoredJSON.decode(Schedule.self, record.data())
                return
            }
        }
        if let cron {
            try self.init(stored: .cron(cron, zone: zone, hashSeed: hashSeed))
        } else if let every {
            try self.init(stored: .every(every, anchor: anchor))
        } else {
            try self.init(stored: .once(try RecordReader.known(once, "a schedule's rule")))
        }
    }
}
