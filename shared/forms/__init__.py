"""What a form asks, in two languages: one contract for the page, the widget, the check and every view of the answers.

catalogue   all forms and sites, read and checked at start-up      model    what a form can be
check       the one validation of answers                          answers  each kind of answer by itself
files       attachments, by name and content                       data     form data into JSON types
shape       what can come back, of all versions
schema      the form as JSON Schema                                view     the form and its answers as people see them
faults      what can be wrong in a form's file                     texts    the sentences in both languages
reply       what is asked again or added later                     keeping  forms that change while a service runs
"""

from shared.forms.catalogue import Forms, Site
from shared.forms.model import Form

__all__ = ["Form", "Forms", "Site"]
