"""Test forms put together by mixed-integer programming, and the rules that adaptive tests share with them."""
