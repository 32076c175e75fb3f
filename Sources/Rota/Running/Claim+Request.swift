import Foundation
import RotaCore
import RotaHTTP
import RotaStore

extension Claim {
    /// What the variables of the job's request stand for: the same on every attempt of an execution (TX-4).
    var templateVariables: TemplateVariables {
        TemplateVariables(
            timestamp: execution.progress.startedAt ?? execution.createdAt,
            uuid: execution.id.derivedUUID,
            executionID: execution.id.description,
            jobID: job.id.description,
            scheduledFor: execution.scheduledFor,
            attempt: execution.attempts.count + 1)
    }

    /// What the receiver is told of the execution behind a request (T-94, TX-9).
    var identity: ExecutionIdentity {
        ExecutionIdentity(
            executionID: execution.id.description,
            jobID: job.id.description,
            scheduledFor: execution.scheduledFor,
            attempt: execution.attempts.count + 1,
            idempotencyKey: execution.id.description)
    }
}

extension ExecutionID {
    /// A UUID that belongs to this execution alone, looks random, and need not be stored to be the same on a retry.
    fileprivate var derivedUUID: UUID {
        // Two rounds of SplitMix64's finaliser over each half, keyed by the other: a bijection, so no two collide.
        var high = UInt64(truncatingIfNeeded: bits >> 64)
        var low = UInt64(truncatingIfNeeded: bits)
        for _ in 0..<2 {
            high ^= SplitMix64.mix(low)
            low ^= SplitMix64.mix(high)
        }
        // Version 8 (RFC 9562 §5.8): its bits are the maker's own.
        high = high & ~0xf000 | 0x8000
        low = low & ~(0b11 << 62) | (0b10 << 62)
        return ExecutionID(bits: UInt128(high) << 64 | UInt128(low)).uuid
    }

}
