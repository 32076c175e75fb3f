import Foundation
import RotaSchedule

/// Returns the next dates that a line asks for, or "error".
func answer(_ line: String) -> String {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
    guard parts.count == 4, let count = Int(parts[0]), let start = Double(parts[3]) else { return "malformed" }
    do {
        let expression = try CronExpression(String(parts[1]))
        let zone = try TimeZoneDatabase.system.rules(for: String(parts[2]))
        var cursor = Date(timeIntervalSince1970: start)
        var found: [String] = []
        while found.count < count, let next = expression.next(after: cursor, in: zone) {
            found.append(String(Int(next.timeIntervalSince1970)))
            cursor = next
        }
        return found.joined(separator: " ")
    } catch {
        return "error"
    }
}
