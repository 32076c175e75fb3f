import Foundation

/// A source of the values behind `secret://name`.
///
/// It is asked immediately before a request is sent.
///
/// ```swift
/// struct VaultSecrets: SecretProvider {
///     let values: [String: String]
///
///     func secret(named name: String) async throws -> SecretValue? {
///         values[name].map { SecretValue($0) }
///     }
/// }
/// let secret = try await VaultSecrets(values: ["api-key": "s3cr3t"]).secret(named: "api-key")
/// print(secret as Any)  // Optional([redacted])
/// ```
public protocol SecretProvider: Sendable {
    /// Returns the value of a secret.
    ///
    /// - Parameter name: The name after `secret://`: letters, digits, `_`, `-` and inner dots.
    /// - Returns: The value, or `nil` if there is no such secret. The attempt then fails before anything is sent.
    /// - Throws: An error if the value cannot be read. The attempt fails then too.
    func secret(named name: String) async throws -> SecretValue?
}

/// A provider without secrets, the default of a scheduler.
public struct NoSecrets: SecretProvider {
    /// Creates the provider.
    public init() {}

    /// Returns `nil`.
    public func secret(named name: String) -> SecretValue? { nil }
}

/// Secrets kept in memory.
public struct InMemorySecrets: SecretProvider {
    private let values: [String: SecretValue]

    /// Creates a provider of secrets by name.
    public init(_ values: [String: SecretValue]) {
        self.values = values
    }

    /// Returns the secret of a name.
    public func secret(named name: String) -> SecretValue? { values[name] }
}

/// Secrets read by a closure, for a keychain, a vault or a configuration library.
public struct ClosureSecrets: SecretProvider {
    private let look: @Sendable (String) async throws -> SecretValue?

    /// Creates a provider.
    ///
    /// - Parameter look: Returns the value for a name, or `nil`.
    public init(_ look: @escaping @Sendable (_ name: String) async throws -> SecretValue?) {
        self.look = look
    }

    /// Returns the closure's value.
    public func secret(named name: String) async throws -> SecretValue? { try await look(name) }
}

/// Secrets from environment variables.
///
/// ```swift
/// let secrets = EnvironmentSecrets(prefix: "ROTA_SECRET_") { ["ROTA_SECRET_STRIPE_KEY": "sk_test"][$0] }
/// print(secrets.secret(named: "stripe-key")?.value ?? "none")  // sk_test
/// ```
public struct EnvironmentSecrets: SecretProvider {
    private let prefix: String
    private let read: @Sendable (String) -> String?

    /// Creates a provider that reads this process's environment at each lookup.
    ///
    /// - Parameter prefix: The prefix of the variables' names, such as `ROTA_SECRET_`. It has no default, because
    ///   without one a job could read any variable of the process.
    public init(prefix: String) {
        self.init(prefix: prefix) { ProcessInfo.processInfo.environment[$0] }
    }

    /// Creates a provider that reads variables through a closure.
    ///
    /// - Parameters:
    ///   - prefix: The prefix of the variables' names.
    ///   - read: Returns the value of a variable, or `nil`.
    public init(prefix: String, reading read: @escaping @Sendable (_ variable: String) -> String?) {
        self.prefix = prefix
        self.read = read
    }

    /// Returns the variable named by the prefix and the name in capitals, with `_` for anything but letters and digits.
    public func secret(named name: String) -> SecretValue? {
        let variable = name.uppercased().map { ($0.isASCII && ($0.isLetter || $0.isNumber)) ? $0 : "_" }
        return read(prefix + String(variable)).map { SecretValue($0) }
    }
}
