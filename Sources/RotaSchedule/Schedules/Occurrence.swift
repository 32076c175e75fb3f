public import Foundation

/// One instant of a schedule: when it is due by the rules, and when it is meant to start.
public struct Occurrence: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The instant the schedule names, which identifies the occurrence.
    public var nominal: Date
    /// The instant to start at: `nominal`, or up to the smoothing window later.
    public var effective: Date

    /// An occurrence.
    /// - Parameters:
    ///   - nominal: the instant the schedule names.
    ///   - effective: the instant to start at; `nominal` if left out.
    public init(nominal: Date, effective: Date? = nil) {
        self.nominal = nominal
        self.effective = effective ?? nominal
    }

    /// The nominal instant and, where it differs, the effective one.
    public var description: String {
        InstantText.description(nominal)
            + (effective == nominal ? "" : " (starts at \(InstantText.description(effective)))")
    }
}
