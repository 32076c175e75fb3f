@_exported public import Rota
