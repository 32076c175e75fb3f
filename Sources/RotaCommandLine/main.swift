import Foundation
import RotaCLI

Console.endOnInterrupt()
let code = await RotaProgram().run(Array(CommandLine.arguments.dropFirst()), on: .system)
exit(code.rawValue)
