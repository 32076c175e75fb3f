import Foundation
import RotaCore
import RotaSchedule

extension Date {
    /// The instant as people and machines read it: `2026-01-01T00:00:00Z`, with a fraction only where there is one.
    var text: String { ISO8601.description(self) }
}
