public import Foundation

/// A program that declares jobs, such as a service, and its latest declaration.
public struct JobOwner: Sendable, Hashable, Codable {
    /// The name of the owner.
    public let name: String
    /// The generation of its latest declaration: a later version of the program has a greater one.
    public var generation: Int
    /// The number of declarations that changed something, from 1.
    public var revision: Int
    /// The date of its latest declaration.
    public var declaredAt: Date

    /// Creates an owner.
    public init(_ name: String, generation: Int, revision: Int = 1, declaredAt: Date) {
        self.name = name
        self.generation = generation
        self.revision = revision
        self.declaredAt = declaredAt
    }
}

/// The changes that make the stored jobs of an owner those it declares, in one atomic step.
public struct JobDeclaration: Sendable {
    /// The owner, as it is after this declaration.
    ///
    /// Its revision is one more than that from which the changes were computed, or 1 for a new owner.
    public var owner: JobOwner
    /// Jobs to insert.
    public var insertions: [JobInsertion]
    /// Jobs to change.
    public var replacements: [JobReplacement]
    /// Jobs to delete, with everything that belongs to them.
    ///
    /// Unknown identifiers are ignored.
    public var deletions: [JobID]

    /// Creates a declaration.
    public init(
        _ owner: JobOwner, insertions: [JobInsertion] = [], replacements: [JobReplacement] = [],
        deletions: [JobID] = []
    ) {
        self.owner = owner
        self.insertions = insertions
        self.replacements = replacements
        self.deletions = deletions
    }
}
