/// A definition on the heap, because most operations on a record do not concern it and should not copy it.
final class DefinitionBox: Sendable, Hashable, Codable {
    let definition: JobDefinition

    init(_ definition: JobDefinition) {
        self.definition = definition
    }

    init(from decoder: any Decoder) throws {
        definition = try JobDefinition(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try definition.encode(to: encoder)
    }

    static func == (lhs: DefinitionBox, rhs: DefinitionBox) -> Bool {
        lhs === rhs || lhs.definition == rhs.definition
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(definition)
    }
}
