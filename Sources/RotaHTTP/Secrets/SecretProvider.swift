import Foundation

/// Where the value behind `secret://name` comes from, asked at the last moment before a request is sent.
public protocol SecretProvider: Sendable {
    /// Looks a secret up.
    ///
    /// - Parameter name: the name behind `secret://`: letters, digits, `_`, `-` and dots inside.
    /// - Returns: the value; nil if there is none, in which case the attempt fails and nothing is sent.
    /// - Throws: whatever keeps the provider from answering; the attempt fails then too.
    func secret(named name: String) async throws -> SecretValue?
}

/// A provider that knows no secret: what a scheduler without secrets is given.
public struct NoSecrets: SecretProvider {
    /// Makes the provider.
    public init() {}

    /// Answers nil.
    ///
    /// - Parameter name: any name.
    /// - Returns: nil.
    public func secret(named name: String) -> SecretValue? { nil }
}

/// Secrets kept in memory, by name.
public struct InMemorySecrets: SecretProvider {
    private let values: [String: SecretValue]

    /// Makes the provider.
    ///
    /// - Parameter values: the secrets by name.
    public init(_ values: [String: SecretValue]) {
        self.values = values
    }

    /// Looks a secret up.
    ///
    /// - Parameter name: its name.
    /// - Returns: the value; nil if there is none.
    public func secret(named name: String) -> SecretValue? { values[name] }
}

/// Secrets from a closure: a keychain, a vault, a configuration library.
public struct ClosureSecrets: SecretProvider {
    private let look: @Sendable (String) async throws -> SecretValue?

    /// Makes the provider.
    ///
    /// - Parameter look: returns the value for a name, or nil.
    public init(_ look: @escaping @Sendable (_ name: String) async throws -> SecretValue?) {
        self.look = look
    }

    /// Asks the closure.
    ///
    /// - Parameter name: the secret's name.
    /// - Returns: what the closure returns.
    /// - Throws: what the closure throws.
    public func secret(named name: String) async throws -> SecretValue? { try await look(name) }
}

/// Secrets from environment variables: `secret://stripe-key` is read from `STRIPE_KEY`, after a prefix if there is one.
public struct EnvironmentSecrets: SecretProvider {
    private let prefix: String
    private let read: @Sendable (String) -> String?

    /// Makes a provider that reads this process's environment at each look-up.
    ///
    /// - Parameter prefix: what the variables' names start with, such as `ROTA_SECRET_`; so that a job can name only
    ///   variables that were meant as secrets. There is no default on purpose.
    public init(prefix: String) {
        self.init(prefix: prefix) { ProcessInfo.processInfo.environment[$0] }
    }

    /// Makes a provider that reads variables by a closure.
    ///
    /// - Parameters:
    ///   - prefix: what the variables' names start with.
    ///   - read: returns a variable's value, or nil.
    public init(prefix: String, reading read: @escaping @Sendable (_ variable: String) -> String?) {
        self.prefix = prefix
        self.read = read
    }

    /// Looks a secret up: the name in capitals, with `_` for every other character than a letter or digit.
    ///
    /// - Parameter name: the secret's name, such as `stripe-key`.
    /// - Returns: the variable's value; nil if it is not set.
    public func secret(named name: String) -> SecretValue? {
        let variable = name.uppercased().map { ($0.isASCII && ($0.isLetter || $0.isNumber)) ? $0 : "_" }
        return read(prefix + String(variable)).map { SecretValue($0) }
    }
}
