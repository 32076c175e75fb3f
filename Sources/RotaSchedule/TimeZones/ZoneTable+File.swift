extension ZoneTable {
    /// The table of a zone file.
    convenience init(identifier: String, file: TZifFile) {
        self.init(
            identifier: identifier, firstOffset: file.firstOffset, changes: file.changes, rule: file.rule)
    }
}
