""""""

import svclib.reports  # noqa: F401 - first: it spares every kernel an import of 0.8 s
