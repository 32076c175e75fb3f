import Foundation

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
