import Foundation

extension [JobInsertion] {
    /// The JSON of the definitions that the jobs bring along.
    func definitions() throws -> [JobID: Data] {
        var definitions: [JobID: Data] = [:]
        for insertion in self { definitions[insertion.job.id] = try insertion.job.definition.json() }
        return definitions
    }
}

extension JobReplacement {
    /// The JSON of the definition that the job gets, if it gets one.
    func definitions() throws -> [JobID: Data] {
        try definition.map { [id: try $0.json()] } ?? [:]
    }
}
