import Rota
import RotaHTTP
import RotaSchedule
import RotaStore

// Settings that the services state in different words but that mean the same to the engine.

extension Schedule {
    /// Whether a zone, if one is given, is the schedule's, or makes no difference to it.
    func fits(_ zone: String?) -> Bool { zone == nil || timeZoneIdentifier == nil || timeZoneIdentifier == zone }
}

extension JobDefinition {
    /// The zone that was stated for the job, or `nil` if none was.
    var zone: String? { timeZoneIdentifier ?? limits.window?.zone }

    /// Keeps a zone, or `nil` for none, for showing the job's dates if its schedule has none.
    mutating func keep(zone: String?) throws(ScheduleError) {
        guard let zone, zone != "UTC", schedule.timeZoneIdentifier == nil else { return attributes.timeZone = nil }
        _ = try Schedule.cron("* * * * *", in: zone)
        attributes.timeZone = zone
    }

    /// The address to which the end of an execution is reported, and the secret that signs the message.
    func webhook(on event: NotificationRule.Event) -> (url: String, secret: String?)? {
        for rule in notifications where rule.event == event {
            if case .webhook(let url, let secret) = rule.channel { return (url, secret) }
        }
        return nil
    }

    /// Sets that address; `nil` for none.
    ///
    /// Other rules stay as they are, and so does what is not given of a rule that is there.
    mutating func setWebhook(
        on event: NotificationRule.Event, url: String?, secret: String?? = nil, includesOutput: Bool? = nil
    ) {
        let secret = secret ?? webhook(on: event)?.secret
        let place = notifications.firstIndex { rule in
            guard case .webhook = rule.channel else { return false }
            return rule.event == event
        }
        let includesOutput = includesOutput ?? place.map { notifications[$0].includesOutput } ?? false
        let rule = url.map {
            NotificationRule(on: event, .webhook(url: $0, secret: secret), includesOutput: includesOutput)
        }
        switch (place, rule) {
        case (let place?, let rule?): notifications[place] = rule
        case (let place?, nil): notifications.remove(at: place)
        case (nil, let rule?): notifications.append(rule)
        case (nil, nil): break
        }
    }
}

extension Fields {
    /// The member as a text in which a blank one, or null, means none; `nil` if it is absent.
    func optionalText(_ name: String, length: ClosedRange<Int> = 0...8_192) throws(APIError) -> String?? {
        guard has(name) else { return nil }
        guard let text = try text(name, length: length), !text.allSatisfy(\.isWhitespace) else { return .some(nil) }
        return text
    }

    /// The member as a number in which zero, or null, means none; `nil` if it is absent.
    func optionalInt(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int?? {
        guard has(name) else { return nil }
        guard let number = try int(name, in: range), number != 0 else { return .some(nil) }
        return number
    }

    /// Refuses another identity than the record has.
    ///
    /// A client sends a record back as it got it. The other members that it may not set have perhaps changed since, as
    /// `next_run_at` does with each execution, and do not count.
    ///
    /// - Parameter record: The record as it is now.
    func refuseOtherIdentity(than record: JSONValue) throws(APIError) {
        for name in ["id", "project_id", "created_at"] where has(name) {
            guard let given = json(name), given != record[name] else { continue }
            throw fail(name, "\(name) cannot be changed.")
        }
    }
}
