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
        let sources = try FileManager.default.contentsOfDirectory(
            at: root.appending(path: "Sources/RotaTesting/Reference"), includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "swift" }
        .map { Self.lines(of: try String(contentsOf: $0, encoding: .utf8)) }
        // Excerpts are the blocks without a language. Every second piece between fences is a block.
        let blocks = article.components(separatedBy: "```").enumerated().filter { !$0.offset.isMultiple(of: 2) }
        let excerpts = blocks.map(\.element).filter { $0.hasPrefix("\n") }
        #expect(excerpts.count >= 4)
        for excerpt in excerpts {
            let lines = Self.lines(of: excerpt)
            #expect(sources.contains { $0.contains(lines) }, "not in any file: \(excerpt)")
        }
    }

    /// The lines of a text without their indentation, and without empty ones.
    private static func lines(of text: String) -> String {
        "\n"
            + text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            .joined(separator: "\n") + "\n"
    }
}
