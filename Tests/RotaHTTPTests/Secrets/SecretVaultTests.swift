import Foundation
import RotaHTTP
import Testing

@Suite("Vaults of secrets")
struct SecretVaultTests {
    private static func folder() -> String {
        FileManager.default.temporaryDirectory.appending(path: "rota-secrets-\(UUID().uuidString)").path
    }

    @Test("A vault keeps, replaces, lists and deletes secrets")
    func operations() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let vaults: [any SecretVault] = [MemoryVault(), SecretFolder(path)]
        for vault in vaults {
            #expect(try await vault.secretNames().isEmpty)
            #expect(try await vault.secret(named: "a") == nil)
            try await vault.set("one", named: "a")
            try await vault.set("two", named: "b.c")
            try await vault.set("three", named: "a")
            #expect(try await vault.secret(named: "a")?.value == "three")
            #expect(try await vault.secretNames() == ["a", "b.c"])
            #expect(try await vault.deleteSecret(named: "a"))
            #expect(try await !vault.deleteSecret(named: "a"))
            #expect(try await vault.secretNames() == ["b.c"])
        }
    }

    @Test("The files of a folder can be read by their owner only, and hold nothing else")
    func permissions() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let vault = SecretFolder(path)
        try await vault.set("s3cr3t", named: "a")
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/a")
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["a"])
    }

    @Test("A line break at the end of a file does not belong to the secret, and is refused in one that is set")
    func lineBreaks() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let vault = SecretFolder(path)
        try await vault.set("x", named: "a")
        for (text, secret) in [("v\n", "v"), ("v\r\n", "v"), ("v\r", "v\r"), ("v\n\n", "v\n"), ("", "")] {
            try Data(text.utf8).write(to: URL(filePath: path + "/a"))
            #expect(try await vault.secret(named: "a")?.value == secret)
        }
        await #expect(throws: HTTPRequestError.self) { try await vault.set("v\n", named: "a") }
    }

    @Test("Names that are no names of secrets reach no file", arguments: ["", "../a", "a/b", ".a", "a.", "a b", "ä"])
    func names(_ name: String) async {
        let vault = SecretFolder(Self.folder())
        await #expect(throws: HTTPRequestError.self) { try await vault.secret(named: name) }
        await #expect(throws: HTTPRequestError.self) { try await vault.set("x", named: name) }
        await #expect(throws: HTTPRequestError.self) { try await vault.deleteSecret(named: name) }
    }

    @Test("A file that is not UTF-8 is refused, not altered")
    func encoding() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let vault = SecretFolder(path)
        try await vault.set("x", named: "a")
        try Data([0x61, 0xFF, 0x62]).write(to: URL(filePath: path + "/a"))
        let error = await #expect(throws: HTTPRequestError.self) { try await vault.secret(named: "a") }
        #expect(error?.code == .badSecret)
    }

    @Test("A secret that is too large is refused, read or set")
    func sizes() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let vault = SecretFolder(path)
        let large = String(repeating: "x", count: SecretFolder.longestSecret)
        try await vault.set(SecretValue(large), named: "a")
        #expect(try await vault.secret(named: "a")?.value == large)
        await #expect(throws: HTTPRequestError.self) { try await vault.set(SecretValue(large + "x"), named: "a") }
        try Data((large + "xyz").utf8).write(to: URL(filePath: path + "/a"))
        await #expect(throws: HTTPRequestError.self) { try await vault.secret(named: "a") }
    }
}
