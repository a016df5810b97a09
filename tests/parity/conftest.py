"""The order of the files: those of minutes first, so that no process ends with one."""

LONG = ("test_check.py", "test_cookbook.py", "test_travel.py", "test_keras_faults.py")
"""Files whose tests start processes on all three backends."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (*LONG, item.path.name).index(item.path.name))
