import Foundation
import RotaAPI
import RotaCore
import RotaSchedule

/// Dates on the command line: with an offset, relative, or on the wall clock of a zone.
///
/// The API takes dates with an offset alone. A date without one, such as `2027-03-15 10:00`, is on the wall clock of
/// `--zone`, or else on the one in which times are printed. Some such times do not exist, or come twice, when the
/// clocks change; those are refused with the dates that may be meant.
struct LocalDates {
    let zone: String

    /// - Parameter fallback: The zone where neither the command nor the program names one, or `nil` for the system's.
    init(_ arguments: Arguments, else fallback: String? = nil) {
        zone =
            arguments.text("zone") ?? (arguments.has("utc") ? "UTC" : arguments.programText("zone"))
            ?? fallback ?? TimeZone.current.identifier
    }

    /// Reads a date: ISO 8601, relative such as `now-1d` and `now+2h`, or a local date with or without a time.
    ///
    /// - Parameter option: The option that has it, for errors.
    func date(_ text: String, now: Date, option: String) throws(Failure) -> Date {
        if let date = RelativeDate.parse(text, now: now) { return date }
        guard let local = Self.local(text) else {
            throw .usage(
                "--\(option) must be a date such as 2026-03-15T10:00:00Z, \"2026-03-15 10:00\", now-1d or now+2h, "
                    + "not \(text).")
        }
        let rules: TimeZoneRules
        do throws(TimeZoneError) {
            rules = try TimeZoneDatabase.system.rules(for: zone)
        } catch {
            throw .usage("--zone: \(error.message)")
        }
        func stamp(_ date: Date) -> String {
            let clock = rules.localTime(at: date).map { "\($0)" } ?? ""
            return clock + Times.offset(rules.secondsFromGMT(for: date))
        }
        switch rules.dates(of: local) {
        case .unique(let date): return date
        case .overlap(let first, let last):
            throw .usage(
                "--\(option): The clocks of \(zone) show \(text) twice, since they go back then. Write which is meant: "
                    + "\(stamp(first)) or \(stamp(last)).")
        case .gap(let end, let shifted):
            throw .usage(
                "--\(option): The clocks of \(zone) skip \(text), since they go forward then. Write \(stamp(end)), when "
                    + "they continue, or \(stamp(shifted)).")
        }
    }

    /// A date such as `2026-03-15`, with a time of day such as `10:00` or `10:00:30` behind a space or a `T`.
    private static func local(_ text: String) -> LocalTime? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == " " || $0 == "T" || $0 == "t" }
        guard (1...2).contains(parts.count), let days = numbers(parts[0], by: "-", [4, 2, 2]) else { return nil }
        var time = [0, 0, 0]
        if parts.count == 2 {
            guard let given = numbers(parts[1], by: ":", [2, 2]) ?? numbers(parts[1], by: ":", [2, 2, 2]) else {
                return nil
            }
            time.replaceSubrange(..<given.count, with: given)
        }
        return LocalTime(
            year: days[0], month: days[1], day: days[2], hour: time[0], minute: time[1], second: time[2])
    }

    /// Numbers with so many digits each.
    private static func numbers(_ text: Substring, by sign: Character, _ digits: [Int]) -> [Int]? {
        let parts = text.split(separator: sign, omittingEmptySubsequences: false)
        guard parts.map(\.count) == digits else { return nil }
        let numbers = parts.compactMap { part in
            part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(part) : nil
        }
        return numbers.count == digits.count ? numbers : nil
    }
}
