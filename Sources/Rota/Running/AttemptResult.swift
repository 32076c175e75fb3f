import Foundation
import RotaStore

/// What came of an attempt, before it is decided what follows.
struct AttemptResult: Sendable {
    let claim: Claim
    let startedAt: Date
    let duration: Duration
    let report: AttemptReport
}
