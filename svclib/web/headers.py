"""Security headers: one policy for pages without a kernel, one for apps, one for rendered reports."""

from __future__ import annotations

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The form bundle sets style attributes (widths of rating columns); scripts stay ours alone.
FORM_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
# A rendered report is one file with its styles, pictures and charts inside. Nothing in it may run or ask for anything.
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def app_policy(nonce: str, socket: str) -> str:
    """Give the policy of one app page: scripts by nonce, blobs for anywidget, the socket of this host.

    ``'unsafe-eval'`` is there because Voila's bundle compiles JSON schemas with ``new Function`` while it starts.
    """
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}' blob: 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        f"connect-src 'self' {socket} data: blob:; worker-src 'self' blob:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def common(referrer: str = "same-origin") -> dict[str, str]:
    """Give the headers that every answer carries."""
    return {**_COMMON, "Referrer-Policy": referrer}
