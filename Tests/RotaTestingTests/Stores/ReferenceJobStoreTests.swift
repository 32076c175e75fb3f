import Foundation
import RotaTesting
import Testing

@Suite("Reference store")
struct ReferenceJobStoreTests {
    @Test(arguments: StoreContract.checks)
    func contract(_ check: StoreContract.Check) async throws {
        try await check.run { ReferenceJobStore() }
    }

    @Test("Every excerpt in the article is in the source that is built")
    func article() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let article = try String(
            contentsOf: root.appending(path: "Sources/RotaTesting/RotaTesting.docc/WritingAStore.md"), encoding: .utf8)
        let folders = ["Sources/RotaTesting/Stores", "Tests/RotaTestingTests/Stores"]
        let sources = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
        }
        .filter { $0.pathExtension == "swift" }
        .map { Self.lines(of: try String(contentsOf: $0, encoding: .utf8)) }
        let pieces = article.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(pieces.count >= 4)
        for piece in pieces {
            let lines = Self.lines(of: piece)
            #expect(sources.contains { $0.contains(lines) }, "not in any file: \(piece)")
        }
    }

    /// The lines of a text without their indentation, and without empty ones.
    private static func lines(of text: String) -> String {
        "\n"
            + text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            .joined(separator: "\n") + "\n"
    }
}
