import Foundation
import RotaCore
import Synchronization

/// A provider of secrets that also takes new ones, such as those that clients of an HTTP API send.
///
/// A secret that was set can be used, listed by name and deleted, but is never shown again.
public protocol SecretVault: SecretProvider {
    /// Keeps a secret, in place of an earlier one of that name.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - name: The name: letters, digits, `_`, `-` and inner dots, up to 128 bytes.
    func set(_ value: SecretValue, named name: String) async throws

    /// Lists the names of the secrets, in order.
    func secretNames() async throws -> [String]

    /// Deletes a secret.
    ///
    /// - Returns: Whether there was one.
    func deleteSecret(named name: String) async throws -> Bool
}

/// Secrets in memory, which are forgotten with the vault.
public final class MemoryVault: SecretVault {
    private let values = Mutex<[String: SecretValue]>([:])

    /// Creates a vault without secrets.
    public init() {}

    /// Returns the secret of a name.
    public func secret(named name: String) async throws -> SecretValue? { values.withLock { $0[name] } }

    /// Keeps a secret.
    public func set(_ value: SecretValue, named name: String) async throws { values.withLock { $0[name] = value } }

    /// Lists the names, in order.
    public func secretNames() async throws -> [String] { values.withLock { $0.keys.sorted() } }

    /// Forgets a secret.
    public func deleteSecret(named name: String) async throws -> Bool {
        values.withLock { $0.removeValue(forKey: name) != nil }
    }
}

/// Secrets in a folder, a file for each, as Docker and Kubernetes mount them.
///
/// ```swift
/// let secrets = SecretFolder("/run/secrets")
/// let value = try await secrets.secret(named: "api-key")  // the text of /run/secrets/api-key
/// ```
///
/// The values are not encrypted. A folder that the vault creates can only be read by the user that runs the process;
/// use an encrypted disk, or a vault of your own, if that is not enough.
public struct SecretFolder: SecretVault {
    private let folder: URL

    /// The largest file that is read, in bytes.
    public static let longestSecret = 65_536

    /// Creates a vault.
    ///
    /// - Parameter path: The path of the folder. It is created with the first secret that is set.
    public init(_ path: String) {
        folder = URL(fileURLWithPath: path, isDirectory: true)
    }

    private func file(_ name: String) throws(HTTPRequestError) -> URL {
        guard SecretReference.isName(name) else {
            throw HTTPRequestError(
                .badSecret, field: "secret",
                "the name of a secret has letters, digits, `_`, `-` and inner dots, up to 128 bytes", value: name)
        }
        return folder.appendingPathComponent(name, isDirectory: false)
    }

    private static func tooLarge(_ name: String) -> HTTPRequestError {
        HTTPRequestError(.tooLarge, field: "secret", "a secret may have at most \(longestSecret) bytes", value: name)
    }

    /// Reads a secret.
    ///
    /// One line break at its end, as editors leave it, does not belong to it.
    ///
    /// - Throws: ``HTTPRequestError`` with `badSecret` if the file is not UTF-8, and with `tooLarge`.
    public func secret(named name: String) async throws -> SecretValue? {
        let file = try file(name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        // One more than may be, and two for a line break.
        var bytes = try handle.read(upToCount: Self.longestSecret + 3) ?? Data()
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard bytes.count <= Self.longestSecret else { throw Self.tooLarge(name) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HTTPRequestError(
                .badSecret, field: "secret", "the file of a secret must be UTF-8; write a key of bytes in Base64",
                value: name)
        }
        return SecretValue(text)
    }

    /// Writes a secret to its file, whole or not at all.
    public func set(_ value: SecretValue, named name: String) async throws {
        let file = try file(name)
        let bytes = Data(value.value.utf8)
        guard bytes.count <= Self.longestSecret else { throw Self.tooLarge(name) }
        guard bytes.last != UInt8(ascii: "\n"), bytes.last != UInt8(ascii: "\r") else {
            throw HTTPRequestError(
                .badSecret, field: "secret", "a secret must not end with a line break, which reading leaves out",
                value: name)
        }
        let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        if !FileManager.default.fileExists(atPath: folder.path) {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: owner)
        }
        // The value is written where only this user can look, and moved when it is whole.
        let draft = folder.appendingPathComponent(".\(name).\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: false, attributes: owner)
        defer { try? FileManager.default.removeItem(at: draft) }
        let written = draft.appendingPathComponent(name)
        try bytes.write(to: written)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: written.path)
        // The system's call replaces an earlier file in one step, which Foundation's do not on every platform.
        guard rename(written.path, file.path) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    /// Lists the files of the folder that can be secrets.
    public func secretNames() async throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter(SecretReference.isName).sorted()
    }

    /// Deletes the file of a secret.
    public func deleteSecret(named name: String) async throws -> Bool {
        let file = try file(name)
        guard FileManager.default.fileExists(atPath: file.path) else { return false }
        try FileManager.default.removeItem(at: file)
        return true
    }
}
