import Foundation
import RotaStore

/// What came of an attempt, before it is decided what follows.
struct AttemptResult: Sendable {
    let work: Work
    let startedAt: Date
    let duration: Duration
    let report: AttemptReport
    /// Why the attempt was canceled, if it alone was.
    var canceledBecause: AttemptCancellation?
}
